/** Where a box beside its opener stands, in CSS pixels from the edges of the window. Pure. */

export interface Placement {
  left: number;
  top: number;
  /** What does not fit is scrolled. */
  maxHeight: number;
}

/** Room between the box and its opener, and between it and the edges. */
const GAP = 4;
const EDGE = 8;

/** Below the opener where that has room enough or more than above, with the same right edge where that fits the window. */
export function placed(
  opener: { left: number; top: number; right: number; bottom: number },
  box: { width: number; height: number },
  window: { width: number; height: number },
): Placement {
  const left = Math.max(EDGE, Math.min(opener.right - box.width, window.width - box.width - EDGE));
  const below = window.height - opener.bottom - GAP - EDGE;
  const above = opener.top - GAP - EDGE;
  if (box.height <= below || below >= above) return { left, top: opener.bottom + GAP, maxHeight: below };
  return { left, top: Math.max(EDGE, opener.top - GAP - box.height), maxHeight: above };
}
