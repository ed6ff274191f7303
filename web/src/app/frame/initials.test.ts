import { expect, it } from "vitest";
import { initials } from "./initials";

it.each([
  ["Ann Baker", "AB"],
  ["  ann  maria  baker ", "AB"],
  ["Ann", "A"],
  ["", ""],
  ["😀 Smile", "😀S"],
])("of %j is %j", (name, letters) => {
  expect(initials(name)).toBe(letters);
});
