import { useQuery } from "@tanstack/react-query";
import { channelsQuery } from "../api/queries";
import { useMay, usePlace } from "../app/place";

/** The name and the kind of a channel by its key; one that is not known, or not to be seen, is called by its key. */
export function useChannel(key: string): { name: string; kind: string } {
  const { workspace, environment } = usePlace();
  const sees = useMay("configuration.view");
  const { data } = useQuery({ ...channelsQuery(workspace.key, environment), enabled: sees });
  return data?.items.find((channel) => channel.key === key) ?? { name: key, kind: key };
}
