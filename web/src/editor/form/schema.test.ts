import { CompletionContext } from "@codemirror/autocomplete";
import { EditorState } from "@codemirror/state";
import { describe, expect, it } from "vitest";
import { faultOf } from "./check";
import { completions } from "./completion";
import { initialOf, pointerOf, sentence, shapeOf, withValue } from "./schema";
import { unitOf } from "./widgets/duration";

const widget = (schema: Parameters<typeof shapeOf>[1]) => {
  const shape = shapeOf(true, schema);
  return shape.kind === "widget" ? `${shape.widget}${shape.nullable ? "?" : ""}` : shape.kind;
};

describe("the widget of a schema", () => {
  it("is the hinted one, else goes by the type", () => {
    expect(widget({ "x-widget": "expression", type: "string" })).toBe("expression");
    expect(widget({ type: "string" })).toBe("line");
    expect(widget({ type: ["integer", "null"] })).toBe("number?");
    expect(widget({ type: "boolean" })).toBe("switch");
    expect(widget({ enum: ["GET", "POST"] })).toBe("select");
    expect(widget({ type: "array", items: { type: "string" } })).toBe("words");
    expect(widget({ type: "object", additionalProperties: { type: "string" } })).toBe("key_values");
    expect(widget({ const: "workflow/1" })).toBe("fixed");
  });

  it("sees through null, references and texts in several languages", () => {
    const text = { "x-widget": "text", anyOf: [{ type: "string" }, { type: "object" }] };
    expect(widget(text)).toBe("text");
    expect(widget({ anyOf: [text, { type: "null" }], "x-widget": "line" })).toBe("line?");
    const root = { $defs: { NoReply: { type: "object", properties: { after: { type: "integer" } } } } };
    const shape = shapeOf(root, {
      anyOf: [{ $ref: "#/$defs/NoReply" }, { type: "null" }],
      description: "Here",
    });
    expect(shape).toMatchObject({ kind: "group", nullable: true, schema: { description: "Here" } });
  });

  it("ends at a reference to itself", () => {
    const root = { $defs: { A: { $ref: "#/$defs/A" } } };
    expect(shapeOf(root, { $ref: "#/$defs/A" })).toMatchObject({ kind: "widget", widget: "line" });
  });
});

describe("variants", () => {
  const expectOf = {
    oneOf: [
      { const: "text", description: "Any text." },
      { const: "yes_no" },
      { type: "object", properties: { regex: { type: "string", format: "regex" } }, required: ["regex"] },
    ],
  };

  it("are words, and objects of one key", () => {
    const shape = shapeOf(true, expectOf);
    if (shape.kind !== "variants") throw new Error(shape.kind);
    expect(shape.variants.map((variant) => variant.label)).toEqual(["Text", "Yes no", "Regex"]);
    expect(shape.variants.findIndex((variant) => variant.matches({ regex: "^a" }))).toBe(2);
    expect(shape.variants.map((variant) => variant.initial())).toEqual(["text", "yes_no", { regex: "" }]);
  });

  it("are objects with a tag, which the form does not show", () => {
    const shape = shapeOf(true, {
      oneOf: [
        {
          properties: { kind: { const: "fixed" }, at: { type: "integer", minimum: 5 } },
          required: ["kind", "at"],
        },
        { properties: { kind: { const: "free" } }, required: ["kind"] },
      ],
    });
    if (shape.kind !== "variants") throw new Error(shape.kind);
    expect(shape.variants[0]?.initial()).toEqual({ kind: "fixed", at: 5 });
    expect(Object.keys(shape.variants[0]?.fields?.properties ?? {})).toEqual(["at"]);
    expect(shape.variants[1]?.matches({ kind: "free" })).toBe(true);
  });

  it("that are all words are a menu", () => {
    expect(
      widget({ oneOf: [{ const: "automatic", title: "As it fits" }, { enum: ["list", "buttons"] }] }),
    ).toBe("select");
  });
});

describe("values", () => {
  it("are put where a path points, and taken out", () => {
    const before = { options: [{ name: "a" }, { name: "b" }] };
    const after = withValue(before, ["options", 1, "label"], "B");
    expect(after).toEqual({ options: [{ name: "a" }, { name: "b", label: "B" }] });
    expect(before.options[1]).toEqual({ name: "b" });
    expect(withValue(after, ["options", 1, "label"], undefined)).toEqual(before);
    expect(pointerOf(["a/b", 0])).toBe("/a~1b/0");
  });

  it("begin with their default, or the emptiest thing that fits", () => {
    const schema = {
      type: "object",
      required: ["name", "tries"],
      properties: {
        name: { type: "string" },
        tries: { type: "integer", default: 3 },
        more: { type: "string" },
      },
    };
    expect(initialOf(true, schema)).toEqual({ name: "", tries: 3 });
  });

  it("are judged with the value in the words", () => {
    expect(faultOf({}, "", true)).toEqual({ code: "required" });
    expect(faultOf({}, "", false)).toBeNull();
    expect(faultOf({ maxLength: 3 }, "🙂🙂🙂🙂", true)).toEqual({
      code: "too_long",
      values: { length: 4, limit: 3 },
    });
    expect(faultOf({ maxLength: 3 }, "{{ name }}", true)).toBeNull();
    expect(faultOf({ maximum: 20 }, 21, true)).toEqual({
      code: "too_large",
      values: { value: 21, limit: 20 },
    });
    expect(faultOf({ "x-widget": "variable" }, "2nd", true)).toMatchObject({ code: "no_variable" });
    expect(faultOf({ pattern: "([" }, "anything", true)).toBeNull();
  });

  it("of time are said in the largest unit without a fraction", () => {
    expect([0, 45, 60, 5400, 7200, 86_400].map(unitOf)).toEqual([
      "seconds",
      "seconds",
      "minutes",
      "minutes",
      "hours",
      "days",
    ]);
    expect(sentence("too_many-attempts")).toBe("Too many attempts");
  });
});

describe("completion", () => {
  const variables = [
    { name: "order", setBy: 4 },
    { name: "contact.name", setBy: null },
  ];
  const offered = (text: string, bare = false, explicit = false) => {
    const source = completions({ variables: () => variables, bare, setBy: ({ setBy }) => `${setBy}` });
    const context = new CompletionContext(EditorState.create({ doc: text }), text.length, explicit);
    return source(context)?.options.map((option) => option.label);
  };

  it("offers variables within braces only, and filters after a bar", () => {
    expect(offered("Hello ")).toBeUndefined();
    expect(offered("Hello {{")).toEqual(["order", "contact.name"]);
    expect(offered("Hello {{ or")).toEqual(["order", "contact.name"]);
    expect(offered("Hello {{ order }} and ")).toBeUndefined();
    expect(offered("{{ order | up")).toContain("upper");
  });

  it("offers them anywhere in a bare expression, once there is a word or it is asked for", () => {
    expect(offered("", true)).toBeUndefined();
    expect(offered("", true, true)).toEqual(["order", "contact.name"]);
    expect(offered("o", true)).toEqual(["order", "contact.name"]);
  });
});
