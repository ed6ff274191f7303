import { useParams } from "@tanstack/react-router";
import { createContext, useContext } from "react";
import type { Environment, Me, Workspace } from "../api/types";

/** Who is signed in, and where in the product they are. */
export interface Place {
  me: Me;
  workspace: Workspace;
  environment: Environment;
}

export const PlaceContext = createContext<Place | null>(null);

/** Gives the place of the page that calls it; every page under `/w/$workspace/$environment` has one. */
export function usePlace(): Place {
  const place = useContext(PlaceContext);
  if (!place) throw new Error("usePlace is called outside of a workspace's pages");
  return place;
}

/** The path parameters of the page, for links that stay in the same workspace and environment. */
export function useWhere(): { workspace: string; environment: Environment } {
  const params = useParams({ strict: false });
  return { workspace: params.workspace ?? "", environment: asEnvironment(params.environment) };
}

export function asEnvironment(text: string | undefined): Environment {
  return text === "production" ? "production" : "sandbox";
}
