/** Opens another workflow of the workspace, in the environment that one is in. */
export function openOther(workspace: string, key: string): void {
  const environment = window.location.pathname.split("/")[3] || "sandbox";
  window.location.assign(`/w/${workspace}/${environment}/workflows/${key}`);
}
