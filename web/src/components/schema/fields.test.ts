import { describe, expect, it } from "vitest";
import type { Schema } from "../../api/types";
import { defaultsOf, fieldsOf, missing, sentence } from "./fields";

const schema: Schema = {
  type: "object",
  required: ["phone_number_id"],
  properties: {
    phone_number_id: { type: "string", title: "Phone number ID", maxLength: 40 },
    greeting: { type: ["string", "null"], maxLength: 500 },
    messages_per_second: { type: "integer", default: 80, minimum: 1, maximum: 1000 },
    secure: { type: "boolean", default: true },
    method: { oneOf: [{ const: "basic" }, { const: "bearer" }] },
    allowed_origins: { type: "array", items: { type: "string" } },
    headers: { type: "object", additionalProperties: { type: "string" } },
    nested: { type: "object", properties: { a: { type: "string" } } },
  },
};

describe("fieldsOf", () => {
  it("picks a field for each property that one can show", () => {
    expect(fieldsOf(schema).map(({ name, kind }) => [name, kind])).toEqual([
      ["phone_number_id", "text"],
      ["greeting", "long_text"],
      ["messages_per_second", "number"],
      ["secure", "switch"],
      ["method", "select"],
      ["allowed_origins", "lines"],
      ["headers", "pairs"],
    ]);
  });

  it("takes labels, limits and options from the schema", () => {
    const [id, , rate, , method] = fieldsOf(schema);
    expect(id).toMatchObject({ label: "Phone number ID", required: true });
    expect(rate).toMatchObject({ label: "Messages per second", min: 1, max: 1000, fallback: 80 });
    expect(method?.options).toEqual(["basic", "bearer"]);
  });
});

it("defaultsOf gives what the schema names", () => {
  expect(defaultsOf(schema)).toEqual({ messages_per_second: 80, secure: true });
});

it("missing names the required fields that hold nothing", () => {
  expect(missing(schema, { phone_number_id: " " }).map(({ name }) => name)).toEqual(["phone_number_id"]);
  expect(missing(schema, { phone_number_id: "1" })).toEqual([]);
});

it("sentence makes words of a name", () => {
  expect(sentence("api_base")).toBe("Api base");
});
