import { useSuspenseQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { meQuery } from "../api/queries";
import { NotFound } from "../pages/not-found";
import { Frame } from "./frame/frame";
import { asEnvironment, PlaceContext } from "./place";

/** Every page of a workspace: tells them where they are, and frames them. */
export function WorkspaceLayout() {
  const { workspace: key, environment } = useParams({ from: "/w/$workspace/$environment" });
  const { data: me } = useSuspenseQuery(meQuery);
  const workspace = me.workspaces.find((each) => each.key === key);
  const place = useMemo(
    () => (workspace ? { me, workspace, environment: asEnvironment(environment) } : null),
    [me, workspace, environment],
  );
  if (!place) return <NotFound />;
  return (
    <PlaceContext value={place}>
      <Frame />
    </PlaceContext>
  );
}
