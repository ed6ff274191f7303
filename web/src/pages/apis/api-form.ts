import type { ApiDefinition, ApiInput, Scheme } from "../../api/types";

/** The secret that each way of authentication needs; it is stored apart from the definition. */
export const secretOf: Record<Scheme["kind"], string | null> = {
  none: null,
  basic: "password",
  bearer: "token",
  api_key: "api_key",
  oauth_client_credentials: "client_secret",
};

export const RESPONSE_CODE = "HTTP_RESPONSE_CODE";

/** What the form starts with: the definition as it is, or a new one that takes any 2xx as YES. */
export function inputOf(api?: ApiDefinition): ApiInput {
  if (api) {
    const { key: _key, secrets: _secrets, ...definition } = api;
    return { ...definition, secrets: {} };
  }
  return {
    name: "",
    base_url: {},
    authentication: { kind: "none" },
    headers: {},
    request_type: "json",
    response_type: "json",
    timeout_seconds: 10,
    validation: { element: RESPONSE_CODE, values: ["2xx"] },
    secrets: {},
  };
}

/** An empty scheme of a kind, to be filled in. */
export function schemeOf(kind: Scheme["kind"]): Scheme {
  switch (kind) {
    case "basic":
      return { kind, user: "" };
    case "api_key":
      return { kind, header: "X-API-Key" };
    case "oauth_client_credentials":
      return { kind, token_url: "", client_id: "", credentials_in: "header" };
    default:
      return { kind };
  }
}

export type Wrong = Partial<Record<"name" | "base_url" | "validation" | "secret" | "scheme", true>>;

/** What keeps a definition from being kept; `kept` says which secrets are there already. */
export function wrongIn(input: ApiInput, kept: Record<string, boolean>): Wrong {
  const wrong: Wrong = {};
  if (input.name.trim() === "") wrong.name = true;
  if (!input.base_url.sandbox?.trim() && !input.base_url.production?.trim()) wrong.base_url = true;
  if (input.validation.element.trim() === "" || input.validation.values.length === 0) wrong.validation = true;
  const secret = secretOf[input.authentication.kind];
  if (secret && !kept[secret] && !input.secrets[secret]) wrong.secret = true;
  if (Object.entries(input.authentication).some(([name, value]) => name !== "scope" && value === "")) {
    wrong.scheme = true;
  }
  return wrong;
}
