import { describe, expect, it } from "vitest";
import example from "../../../../examples/order-status/order-status.workflow.json";
import support from "../../../../examples/order-status/support.workflow.json";
import { catalogue } from "../fixtures/catalogue";
import { initialOf, shapeOf } from "../form/schema";
import { indexTypes, type Schema } from "./catalogue";
import { emptyWorkflow, normalise, type WorkflowDocument } from "./document";
import { addNode } from "./edits";
import { exitsOf } from "./exits";
import { factFinder } from "./facts";
import { begin, perform } from "./history";
import { problemsOf } from "./problems";

const types = indexTypes(catalogue);

/** Every schema that the form of a type comes to, with the place where it stands. */
function fields(root: Schema, schema: Schema, place: string): [string, Schema][] {
  const shape = shapeOf(root, schema);
  const inside = (properties: Schema["properties"]) =>
    Object.entries(properties ?? {}).flatMap(([name, each]) => fields(root, each, `${place}/${name}`));
  if (shape.kind === "group") return inside(shape.schema.properties);
  if (shape.kind === "list") return inside(shape.items.properties);
  if (shape.kind === "variants")
    return shape.variants.flatMap((variant) => inside(variant.fields?.properties));
  return [[place, schema]];
}

describe.each(catalogue.types)("the type $type", (type) => {
  it("starts with settings that its schema knows, and gives exits with names and labels of their own", () => {
    if (typeof type.schema === "boolean") throw new Error("the schema says nothing");
    const known = Object.keys(type.schema.properties ?? {});
    expect(Object.keys(type.new).filter((name) => !known.includes(name))).toEqual([]);
    const exits = exitsOf(type, type.new);
    expect(new Set(exits.map((exit) => exit.name)).size).toBe(exits.length);
    for (const exit of exits) expect(exit.label).not.toBe("");
  });

  it("has a form in which every setting has a widget and something to start with", () => {
    if (typeof type.schema === "boolean") throw new Error("the schema says nothing");
    const root = type.schema;
    const found = fields(root, root, "");
    expect(found.length).toBeGreaterThan(0);
    for (const [place, schema] of found) {
      expect(["widget", "words", "fixed"], place).toContain(shapeOf(root, schema).kind);
      expect(initialOf(root, schema), place).not.toBeUndefined();
    }
  });

  it("can be added, and leaves nothing to say but that its exits lead nowhere", () => {
    const empty = emptyWorkflow("new", "New");
    const { document } = perform(begin(empty), addNode(empty, type, 1, [0, 0], "start"), 0);
    const codes = problemsOf(document, types).map((problem) => problem.code);
    expect(new Set(codes)).toEqual(new Set(exitsOf(type, type.new).length > 0 ? ["leads_nowhere"] : []));
    expect(factFinder(types)(document).heightOf(1)).toBeGreaterThanOrEqual(36);
  });
});

describe("the examples", () => {
  it.each([example, support])("name exits that the rules give", (raw) => {
    const document = normalise(raw as unknown as WorkflowDocument);
    for (const [number, node] of Object.entries(document.nodes)) {
      const type = types.get(node.type);
      if (!type) throw new Error(`node ${number} has the unknown type ${node.type}`);
      const names = exitsOf(type, node.settings).map((exit) => exit.name);
      for (const exit of Object.keys(node.exits)) expect(names, `node ${number}`).toContain(exit);
    }
    expect(problemsOf(document, types).filter((problem) => problem.severity === "error")).toEqual([]);
  });
});
