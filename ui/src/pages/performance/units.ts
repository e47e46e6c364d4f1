import { fixed, mebibytes } from "../../lib/format";
import type { Unit } from "./charts";
import { t } from "./words";

/** A value as users read it. */
export function withUnit(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined) return t.none;
  if (unit === "MiB") return mebibytes(value);
  if (unit === "") return fixed(value, 2);
  return `${fixed(value, unit === "%" || unit === "°C" || unit === "W" || value >= 100 ? 0 : 1)} ${unit}`;
}

/** A value at an axis, where there is little room. */
export function atAxis(value: number, unit: Unit): string {
  if (unit === "MiB") return mebibytes(value).replace(/\.0 /, " ");
  return unit === "" || unit === "Mbit/s" || unit === "MiB/s" ? String(Number(value.toFixed(2))) : `${value} ${unit}`;
}
