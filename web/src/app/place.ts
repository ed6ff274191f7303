import { createContext, useContext } from "react";
import type { Environment, Me, Permission, Workspace } from "../api/types";

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

/** Says whether the role of whoever is signed in allows something. */
export function useMay(permission: Permission): boolean {
  return usePlace().workspace.permissions.includes(permission);
}

export function asEnvironment(text: string | undefined): Environment {
  return text === "production" ? "production" : "sandbox";
}
