import { completions } from "./completions";
import { messages } from "./messages";
import type { Protocol } from "./protocol";
import { responses } from "./responses";

/** The protocols, by the names of their choice. */
export const PROTOCOLS = { completions, messages, responses } as const satisfies Record<string, Protocol>;

export type ProtocolName = keyof typeof PROTOCOLS;
