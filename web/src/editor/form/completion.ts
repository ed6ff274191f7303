/** What may be written between `{{` and `}}`: the variables set before, and the filters. */
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import type { Variable } from "../model/variables";

/** The filters of the expression language, as the engine knows them. */
export const FILTERS: readonly string[] = [
  "abs",
  "add_days",
  "add_hours",
  "add_minutes",
  "add_months",
  "capitalize",
  "date",
  "default",
  "first",
  "fixed",
  "int",
  "items",
  "join",
  "json",
  "keys",
  "last",
  "length",
  "lower",
  "map",
  "max",
  "min",
  "number",
  "replace",
  "reverse",
  "round",
  "slice",
  "sort",
  "split",
  "start_of_day",
  "string",
  "sum",
  "time",
  "title",
  "trim",
  "truncate",
  "unique",
  "upper",
  "urlencode",
  "values",
  "where",
  "where_not",
];

type Options = { variables: () => readonly Variable[]; bare: boolean; setBy: (variable: Variable) => string };

/** A source of completions. In a bare expression everything is code; in a text only what is in braces. */
export function completions({ variables, bare, setBy }: Options) {
  return (context: CompletionContext): CompletionResult | null => {
    const before = context.state.sliceDoc(0, context.pos);
    const open = before.lastIndexOf("{{");
    const inBraces = open >= 0 && !before.slice(open).includes("}}");
    if (!bare && !inBraces) return null;
    const code = bare ? before : before.slice(open + 2);
    const word = /[A-Za-z_][A-Za-z0-9_.]*$/.exec(code)?.[0] ?? "";
    const from = context.pos - word.length;
    const afterBar = /\|\s*$/.test(code.slice(0, code.length - word.length));
    if (bare && word === "" && !afterBar && !context.explicit) return null;
    const close = bare || /^\s*(\||\}\})/.test(context.state.sliceDoc(context.pos)) ? "" : " }}";
    const options = afterBar
      ? FILTERS.map((label): Completion => ({ label, type: "function" }))
      : variables().map(
          (variable, index): Completion => ({
            label: variable.name,
            type: "variable",
            detail: setBy(variable),
            boost: -index,
            apply: (view, _completion, start, end) => {
              const lead = !bare && /\{\{$/.test(view.state.sliceDoc(0, start)) ? " " : "";
              const insert = `${lead}${variable.name}${close}`;
              view.dispatch({
                changes: { from: start, to: end, insert },
                selection: { anchor: start + insert.length },
                userEvent: "input.complete",
              });
            },
          }),
        );
    return { from, options, validFor: /^[A-Za-z0-9_.]*$/ };
  };
}
