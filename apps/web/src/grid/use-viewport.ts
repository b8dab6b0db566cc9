// How far a box is scrolled and how large it is, told once a frame at most.

import { type RefObject, useEffect, useState } from 'react';

export interface Viewport {
  readonly top: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

export function useViewport(ref: RefObject<HTMLElement | null>): Viewport {
  const [viewport, setViewport] = useState<Viewport>({ top: 0, left: 0, width: 0, height: 0 });
  useEffect(() => {
    const box = ref.current;
    if (box === null) return;
    let frame = 0;
    const read = () => {
      frame = 0;
      setViewport({
        top: box.scrollTop,
        left: box.scrollLeft,
        width: box.clientWidth,
        height: box.clientHeight,
      });
    };
    const changed = () => {
      frame ||= requestAnimationFrame(read);
    };
    read();
    box.addEventListener('scroll', changed, { passive: true });
    const observer = new ResizeObserver(changed);
    observer.observe(box);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      box.removeEventListener('scroll', changed);
    };
  }, [ref]);
  return viewport;
}
