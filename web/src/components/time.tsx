import { useEffect, useState } from "react";

const steps: [limit: number, unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  [60, "second", 1],
  [3600, "minute", 60],
  [86_400, "hour", 3600],
  [604_800, "day", 86_400],
];

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "long" });
const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const clockWithSeconds = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** "now", "5 minutes ago", "yesterday"; a date when it is more than a week past. */
export function ago(at: string, now: number): string {
  const seconds = Math.round((now - Date.parse(at)) / 1000);
  if (Number.isNaN(seconds)) return "";
  if (seconds < 10) return relative.format(0, "second");
  for (const [limit, unit, length] of steps) {
    if (seconds < limit) return relative.format(-Math.floor(seconds / length), unit);
  }
  return day.format(new Date(at));
}

export const timeOfDay = (at: string) => clock.format(new Date(at));
export const timeWithSeconds = (at: string) => clockWithSeconds.format(new Date(at));
export const dateAndTime = (at: string) => dayAndTime.format(new Date(at));

/** A moment in words, kept fresh, with the exact time in its tooltip. */
export function Ago({ at }: { at: string }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <time dateTime={at} title={dateAndTime(at)}>
      {ago(at, Math.max(now, Date.parse(at)))}
    </time>
  );
}
