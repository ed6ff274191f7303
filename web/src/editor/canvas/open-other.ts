import type { EditorParts } from "../context";

/** Opens another workflow of the workspace, in the environment that one is in, once the draft is kept. */
export async function openOther({ keeper, workspace, production }: EditorParts, key: string): Promise<void> {
  await keeper.flush();
  const environment = production ? "production" : "sandbox";
  window.location.assign(
    `/w/${encodeURIComponent(workspace)}/${environment}/workflows/${encodeURIComponent(key)}`,
  );
}
