import { expect, it } from "vitest";
import { more } from "@/pages/activity/arrivals";

it.each([
  [240, 0, 1],
  [241, 240, 1],
  [245, 241, 4],
  [240, 245, 0],
])("ID %d after %d is %d more", (id, before, n) => expect(more(id, before)).toBe(n));
