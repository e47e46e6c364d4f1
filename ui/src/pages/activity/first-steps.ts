/** Which models somebody who is here for the first time is shown. Pure. */

import type { Model } from "../../server/types";

/** Models to offer, at most. */
const MOST = 2;
/** What a model can that makes it one for something else than a chat. */
const OTHERS = ["audio_transcriptions", "audio_speech", "image_generation", "image_to_image", "reranker", "embeddings"];

/** The first of this server's listed models that one can chat with. */
export function chattable(models: readonly Model[]): Model[] {
  const own = models.filter(({ peerID, unlisted }) => peerID === "" && !unlisted);
  return own.filter(({ capabilities = {} }) => !OTHERS.some((each) => capabilities[each])).slice(0, MOST);
}
