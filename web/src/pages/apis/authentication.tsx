import { Select, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ApiInput, Scheme } from "../../api/types";
import { SecretFields } from "../../components/schema/secret-fields";
import { schemeOf, secretOf, type Wrong } from "./api-form";
import styles from "./apis.module.css";

interface Props {
  input: ApiInput;
  kept: Record<string, boolean>;
  wrong: Wrong;
  onChange: (part: Partial<ApiInput>) => void;
}

const kinds: Scheme["kind"][] = ["none", "basic", "bearer", "api_key", "oauth_client_credentials"];

/** How Usher proves who it is to an API: the scheme, what it says of itself, and its secret. */
export function Authentication({ input, kept, wrong, onChange }: Props) {
  const { t } = useTranslation();
  const scheme = input.authentication;
  const secret = secretOf[scheme.kind];
  return (
    <fieldset className={styles.group}>
      <legend className={styles.legend}>{t("apis.authentication")}</legend>
      <Select
        label={t("apis.scheme")}
        data={kinds.map((kind) => ({ value: kind, label: t(`apis.schemes.${kind}`) }))}
        value={scheme.kind}
        allowDeselect={false}
        onChange={(kind) =>
          kind && onChange({ authentication: schemeOf(kind as Scheme["kind"]), secrets: {} })
        }
      />
      <SchemeFields
        scheme={scheme}
        wrong={wrong}
        onChange={(authentication) => onChange({ authentication })}
      />
      {secret && (
        <SecretFields
          key={secret}
          schema={{
            required: [secret],
            properties: { [secret]: { type: "string", title: t(`apis.secrets.${secret as "token"}`) } },
          }}
          kept={kept}
          values={input.secrets}
          errors={{ [secret]: wrong.secret && t("apis.wrong.secret") }}
          onChange={(secrets) => onChange({ secrets })}
        />
      )}
    </fieldset>
  );
}

interface SchemeProps {
  scheme: Scheme;
  wrong: Wrong;
  onChange: (scheme: Scheme) => void;
}

function SchemeFields({ scheme, wrong, onChange }: SchemeProps) {
  const { t } = useTranslation();
  const text = (name: string, value: string, change: (value: string) => Scheme, required = true) => (
    <TextInput
      label={t(`apis.scheme_fields.${name as "user"}`)}
      required={required}
      value={value}
      error={wrong.scheme && required && value === "" && t("apis.wrong.scheme")}
      onChange={(event) => onChange(change(event.currentTarget.value))}
    />
  );
  switch (scheme.kind) {
    case "basic":
      return text("user", scheme.user, (user) => ({ ...scheme, user }));
    case "api_key":
      return text("header", scheme.header, (header) => ({ ...scheme, header }));
    case "oauth_client_credentials":
      return (
        <>
          {text("token_url", scheme.token_url, (token_url) => ({ ...scheme, token_url }))}
          <div className={styles.two}>
            {text("client_id", scheme.client_id, (client_id) => ({ ...scheme, client_id }))}
            {text("scope", scheme.scope ?? "", (scope) => ({ ...scheme, scope }), false)}
          </div>
          <Select
            label={t("apis.scheme_fields.credentials_in")}
            data={[
              { value: "header", label: t("apis.credentials_in.header") },
              { value: "form", label: t("apis.credentials_in.form") },
            ]}
            value={scheme.credentials_in ?? "header"}
            allowDeselect={false}
            onChange={(place) => place && onChange({ ...scheme, credentials_in: place as "header" | "form" })}
          />
        </>
      );
    default:
      return null;
  }
}
