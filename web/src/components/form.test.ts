import { act, renderHook } from "@testing-library/react";
import { expect, it } from "vitest";
import { Problem } from "../api/problem";
import { useForm } from "./form";

const rules = {
  initial: { name: "", email: "" },
  check: (field: "name" | "email", values: { name: string; email: string }) =>
    values[field] === "" ? `${field} is empty` : undefined,
};

it("shows what is wrong only once a field was left", () => {
  const { result } = renderHook(() => useForm(rules));
  expect(result.current.field("name").error).toBeUndefined();
  act(() => result.current.field("name").onBlur());
  expect(result.current.field("name").error).toBe("name is empty");
  expect(result.current.field("email").error).toBeUndefined();
});

it("shows everything that is wrong when the form is sent", () => {
  const { result } = renderHook(() => useForm(rules));
  act(() => expect(result.current.ready()).toBe(false));
  expect(result.current.field("email").error).toBe("email is empty");
});

it("shows at its field what the server refused, until the field changes", () => {
  const { result } = renderHook(() => useForm(rules));
  act(() => {
    result.current.set("name", "Ann");
    result.current.set("email", "ann");
  });
  act(() => expect(result.current.ready()).toBe(true));
  const errors = [{ pointer: "/email", detail: "is not an e-mail address" }];
  act(() => result.current.refuse(new Problem(422, { errors })));
  expect(result.current.field("email").error).toBe("is not an e-mail address");
  act(() => result.current.set("email", "ann@example.com"));
  expect(result.current.field("email").error).toBeUndefined();
});
