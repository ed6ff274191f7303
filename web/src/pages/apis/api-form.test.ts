import { expect, it } from "vitest";
import { inputOf, schemeOf, wrongIn } from "./api-form";

const good = { ...inputOf(), name: "Orders", base_url: { sandbox: "https://shop.example" } };

it("takes a name and one base address", () => {
  expect(wrongIn(good, {})).toEqual({});
  expect(wrongIn(inputOf(), {})).toEqual({ name: true, base_url: true });
});

it("wants the secret of the scheme, unless it is kept already", () => {
  const bearer = { ...good, authentication: schemeOf("bearer") };
  expect(wrongIn(bearer, {})).toEqual({ secret: true });
  expect(wrongIn(bearer, { token: true })).toEqual({});
  expect(wrongIn({ ...bearer, secrets: { token: "t" } }, {})).toEqual({});
});

it("wants what the scheme says of itself, the scope aside", () => {
  const oauth = {
    kind: "oauth_client_credentials",
    token_url: "https://id.example",
    client_id: "",
    scope: "",
    credentials_in: "header",
  } as const;
  expect(wrongIn({ ...good, authentication: oauth }, { client_secret: true })).toEqual({ scheme: true });
  expect(wrongIn({ ...good, authentication: { ...oauth, client_id: "c" } }, { client_secret: true })).toEqual(
    {},
  );
});

it("wants to know what means YES", () => {
  expect(wrongIn({ ...good, validation: { element: "$.ok", values: [] } }, {})).toEqual({ validation: true });
});

it("starts from a definition without its key and secrets", () => {
  const api = { ...good, key: "orders", secrets: { token: true } };
  expect(inputOf(api)).toEqual({ ...good, secrets: {} });
});
