import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useEditor } from "../../context";
import { connectionsOf } from "../../model/catalogue";
import { plainText } from "../../model/exits";
import { useForm } from "../form-context";
import type { WidgetProps } from "./widget";

/** One of the APIs under Configuration. */
export function ApiSelect(props: WidgetProps) {
  const { t } = useTranslation("editor");
  const { api, workspace } = useEditor();
  const apis = useQuery({ queryKey: [workspace, "editor", "apis"], queryFn: api.apis });
  return (
    <Configured
      {...props}
      ready={apis.isSuccess}
      data={(apis.data ?? []).map(({ key, name }) => ({ value: key, label: name }))}
      placeholder={apis.isSuccess && apis.data.length === 0 ? t("form.no_apis") : t("form.choose_api")}
    />
  );
}

/** One of the connections to the system of the node. */
export function ConnectionSelect(props: WidgetProps) {
  const { t } = useTranslation("editor");
  const { catalogue } = useEditor();
  const system = (props.schema as { "x-system"?: string })["x-system"];
  const data = connectionsOf(catalogue, system).map(({ key, name }) => ({ value: key, label: name }));
  return <Configured {...props} ready data={data} placeholder={t("form.choose_connection")} />;
}

type Props = WidgetProps & { ready: boolean; data: { value: string; label: string }[]; placeholder: string };

function Configured({
  labelId,
  describedBy,
  path,
  value,
  invalid,
  onLeave,
  ready,
  data,
  placeholder,
}: Props) {
  const { set, readOnly } = useForm();
  const chosen = plainText(value);
  const missing = ready && chosen !== "" && !data.some((each) => each.value === chosen);
  return (
    <Select
      aria-labelledby={labelId}
      aria-describedby={describedBy}
      searchable
      data={missing || !ready ? [...data, ...(chosen ? [{ value: chosen, label: chosen }] : [])] : data}
      value={chosen || null}
      placeholder={placeholder}
      disabled={readOnly}
      error={invalid || missing}
      allowDeselect={false}
      onChange={(key) => set(path, key ?? "")}
      onBlur={onLeave}
    />
  );
}
