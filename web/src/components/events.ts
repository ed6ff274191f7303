import { useEffect, useEffectEvent } from "react";

/**
 * Listens to a server's event stream for as long as the page is shown; the browser itself reconnects.
 * `null` listens to nothing.
 */
export function useEvents(
  url: string | null,
  names: readonly string[],
  onEvent: (name: string) => void,
): void {
  const told = useEffectEvent(onEvent);
  const joined = names.join(" ");
  useEffect(() => {
    if (url === null) return;
    const source = new EventSource(url);
    for (const name of joined.split(" ")) source.addEventListener(name, () => told(name));
    return () => source.close();
  }, [url, joined]);
}
