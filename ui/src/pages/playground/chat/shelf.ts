/** Where conversations are kept: in the browser's IndexedDB, each message by itself, so that tabs do not undo what others have written. */

import { PREFIX } from "../../../lib/prefix";
import type { Conversation, Message } from "./conversation";

const NAME = `${PREFIX}chat`;
const VERSION = 1;

let opened: Promise<IDBDatabase> | null = null;

/** All conversations, without their messages. Rejects where the browser keeps nothing. */
export async function allConversations(): Promise<Conversation[]> {
  const found: unknown = await within("conversations", "readonly", (store) => store.getAll());
  return found as Conversation[];
}

export async function messagesOf(conversation: string): Promise<Message[]> {
  const found: unknown = await within("messages", "readonly", (store) => store.index("conversation").getAll(conversation));
  return found as Message[];
}

/** Keep a conversation; resolves when it is written. */
export async function keep(conversation: Conversation): Promise<void> {
  await within("conversations", "readwrite", (store) => store.put(conversation));
}

/** Keep messages; resolves when all are written. */
export async function keepMessages(messages: readonly Message[]): Promise<void> {
  await within("messages", "readwrite", (store) => {
    for (const message of messages) store.put(message);
    return null;
  });
}

export async function drop(conversation: string): Promise<void> {
  const messages = await messagesOf(conversation);
  await within("conversations", "readwrite", (store) => store.delete(conversation));
  await dropMessages(messages.map(({ id }) => id));
}

export async function dropMessages(ids: readonly string[]): Promise<void> {
  await within("messages", "readwrite", (store) => {
    for (const id of ids) store.delete(id);
    return null;
  });
}

/** Do something with a store; resolves with what the request gives, when the transaction is complete. */
async function within(name: string, mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest | null): Promise<unknown> {
  const base = await (opened ??= open().catch((error: unknown) => {
    opened = null;
    throw error;
  }));
  return new Promise((resolve, reject) => {
    const transaction = base.transaction(name, mode);
    const asked = work(transaction.objectStore(name));
    transaction.oncomplete = () => resolve(asked?.result);
    transaction.onabort = () => reject(transaction.error ?? new Error("The browser could not keep it."));
  });
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("conversations", { keyPath: "id" });
      asked.result.createObjectStore("messages", { keyPath: "id" }).createIndex("conversation", "conversation");
    };
    asked.onsuccess = () => {
      asked.result.onversionchange = () => {
        asked.result.close();
        opened = null;
      };
      asked.result.onclose = () => (opened = null);
      resolve(asked.result);
    };
    asked.onerror = () => reject(asked.error ?? new Error("The browser keeps nothing."));
  });
}
