import { type RefObject, useEffect, useRef } from "react";

/**
 * Hears keys that are pressed inside an element, or nowhere: after what had the focus was removed, keys belong to
 * the page, and mean the same as before.
 */
export function useWindowKeys(
  inside: RefObject<HTMLElement | null>,
  handle: (event: KeyboardEvent) => void,
  capture = false,
): void {
  const latest = useRef(handle);
  latest.current = handle;
  useEffect(() => {
    const heard = (event: KeyboardEvent) => {
      const target = event.target as Node;
      if (target === document.body || inside.current?.contains(target)) latest.current(event);
    };
    window.addEventListener("keydown", heard, capture);
    return () => window.removeEventListener("keydown", heard, capture);
  }, [inside, capture]);
}
