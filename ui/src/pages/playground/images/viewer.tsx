import { Button, IconButton } from "../../../parts/button";
import { Dialog } from "../../../parts/dialog";
import { download } from "../../../lib/download";
import { bytesOf } from "../../../lib/base64";
import { imageExtension, type Picture } from "./requests";
import { prefs, type Drawn } from "./state";
import { t } from "./words";

export interface Shown {
  picture: Picture;
  of: Drawn;
}

/** One image as large as it fits; arrow keys show the others. */
export function Viewer({ all, at, onMove, onClose }: { all: readonly Shown[]; at: number; onMove: (at: number) => void; onClose: () => void }) {
  const shown = all[at];
  if (!shown) return null;
  const { picture, of } = shown;
  const go = (by: number): void => onMove((at + by + all.length) % all.length);
  return (
    <Dialog title={t.viewer} kind="full" onClose={onClose} actions={<Actions picture={picture} />}>
      <div
        class="play-viewer"
        onKeyDown={(event) => {
          if (event.key === "ArrowLeft") go(-1);
          if (event.key === "ArrowRight") go(1);
        }}
      >
        {all.length > 1 && <IconButton icon="left" label={t.previous} onClick={() => go(-1)} />}
        <img src={picture.src} alt={of.prompt} />
        {all.length > 1 && <IconButton icon="right" label={t.next} onClick={() => go(1)} />}
      </div>
      <p class="play-viewer-text" role="status">
        {of.prompt} <span class="muted">{all.length > 1 && t.place(at + 1, all.length)}</span>
      </p>
    </Dialog>
  );
}

function Actions({ picture }: { picture: Picture }) {
  const { seed, type, src } = picture;
  const name = `image-${Date.now()}.${imageExtension(type)}`;
  return (
    <>
      {seed !== null && <span class="muted">{t.seedIs(seed)}</span>}
      {seed !== null && <Button onClick={() => (prefs.seed.value = seed)}>{t.reuseSeed}</Button>}
      <Button icon="download" look="primary" onClick={() => download(name, bytesOf(src), type)}>
        {t.download}
      </Button>
    </>
  );
}
