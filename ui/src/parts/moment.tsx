import { dateTime, timeOfDay } from "../lib/format";

/** When something happened, in seconds since the epoch: the time of day, and the date for a pointer. */
export function Moment({ when }: { when: number }) {
  const ms = when * 1000;
  return (
    <time dateTime={new Date(ms).toISOString()} title={dateTime(ms)}>
      {timeOfDay(ms)}
    </time>
  );
}
