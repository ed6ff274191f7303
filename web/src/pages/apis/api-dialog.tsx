import {
  Button,
  Group,
  Modal,
  NumberInput,
  Select,
  Stack,
  TagsInput,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { addApi, changeApi } from "../../api/configuration";
import { apisQuery } from "../../api/queries";
import type { ApiDefinition, ApiInput, ContentType, Environment } from "../../api/types";
import { usePlace } from "../../app/place";
import { FormProblem } from "../../components/form-problem";
import { PairsField } from "../../components/schema/pairs-field";
import { inputOf, type Wrong, wrongIn } from "./api-form";
import styles from "./apis.module.css";
import { Authentication } from "./authentication";

const contentTypes: ContentType[] = ["json", "form", "xml", "text"];

/** Describes an API of the business's own, or changes its description. */
export function ApiDialog({ api, onClose }: { api?: ApiDefinition; onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace } = usePlace();
  const queries = useQueryClient();
  const [input, setInput] = useState<ApiInput>(() => inputOf(api));
  const [wrong, setWrong] = useState<Wrong>({});
  const set = (part: Partial<ApiInput>) => setInput((old) => ({ ...old, ...part }));
  const save = useMutation({
    mutationFn: () => (api ? changeApi(workspace.key, api.key, input) : addApi(workspace.key, input)),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: apisQuery(workspace.key).queryKey });
      onClose();
    },
  });

  function send(event: FormEvent) {
    event.preventDefault();
    const found = wrongIn(input, api?.secrets ?? {});
    setWrong(found);
    if (Object.keys(found).length === 0) save.mutate();
  }

  return (
    <Modal
      opened
      onClose={onClose}
      size={640}
      title={api ? t("apis.edit_title", { name: api.name }) : t("apis.add")}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form onSubmit={send} noValidate>
        <Stack gap={24}>
          <div className={styles.group}>
            <TextInput
              label={t("fields.name")}
              required
              value={input.name}
              error={wrong.name && t("apis.wrong.name")}
              onChange={(event) => set({ name: event.currentTarget.value })}
              data-autofocus
            />
            <Textarea
              label={t("apis.description")}
              autosize
              minRows={1}
              maxRows={4}
              value={input.description ?? ""}
              onChange={(event) => set({ description: event.currentTarget.value })}
            />
            <div className={styles.two}>
              {(["sandbox", "production"] satisfies Environment[]).map((environment) => (
                <TextInput
                  key={environment}
                  label={t(`apis.base_urls.${environment}`)}
                  placeholder="https://api.example.com"
                  type="url"
                  value={input.base_url[environment] ?? ""}
                  error={wrong.base_url && t("apis.wrong.base_url")}
                  onChange={(event) =>
                    set({ base_url: { ...input.base_url, [environment]: event.currentTarget.value.trim() } })
                  }
                />
              ))}
            </div>
          </div>
          <Authentication input={input} kept={api?.secrets ?? {}} wrong={wrong} onChange={set} />
          <fieldset className={styles.group}>
            <legend className={styles.legend}>{t("apis.requests")}</legend>
            <div className={styles.two}>
              <Select
                label={t("apis.request_type")}
                data={contentTypes.map((type) => ({ value: type, label: t(`apis.types.${type}`) }))}
                value={input.request_type}
                allowDeselect={false}
                onChange={(type) => type && set({ request_type: type as ContentType })}
              />
              <Select
                label={t("apis.response_type")}
                data={contentTypes.map((type) => ({ value: type, label: t(`apis.types.${type}`) }))}
                value={input.response_type}
                allowDeselect={false}
                onChange={(type) => type && set({ response_type: type as ContentType })}
              />
            </div>
            <PairsField
              label={t("apis.headers")}
              value={input.headers}
              onChange={(headers) => set({ headers })}
            />
            <NumberInput
              label={t("apis.timeout")}
              description={t("apis.timeout_help")}
              styles={{ wrapper: { width: 160 } }}
              min={1}
              max={60}
              suffix={t("apis.seconds")}
              value={input.timeout_seconds}
              onChange={(seconds) => typeof seconds === "number" && set({ timeout_seconds: seconds })}
            />
          </fieldset>
          <fieldset className={styles.group}>
            <legend className={styles.legend}>{t("apis.answers")}</legend>
            <div className={styles.two}>
              <TextInput
                label={t("apis.element")}
                description={t("apis.element_help")}
                required
                value={input.validation.element}
                error={wrong.validation && t("apis.wrong.validation")}
                onChange={(event) =>
                  set({ validation: { ...input.validation, element: event.currentTarget.value } })
                }
              />
              <TagsInput
                label={t("apis.values")}
                description={t("apis.values_help")}
                required
                value={input.validation.values}
                onChange={(values) => set({ validation: { ...input.validation, values } })}
              />
            </div>
            <TextInput
              label={t("apis.base_element")}
              description={t("apis.base_element_help")}
              placeholder="$.data"
              value={input.base_element ?? ""}
              onChange={(event) => set({ base_element: event.currentTarget.value })}
            />
          </fieldset>
          <FormProblem error={save.error} />
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              {t("cancel")}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {t("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
