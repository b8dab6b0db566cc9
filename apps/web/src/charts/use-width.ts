// How wide a box is, for drawings that are made to measure.

import { type RefObject, useEffect, useState } from 'react';

/** Pixels; 0 before the box is on the page. */
export function useWidth(ref: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const box = ref.current;
    if (box === null) return;
    const observer = new ResizeObserver(() => setWidth(box.clientWidth));
    observer.observe(box);
    setWidth(box.clientWidth);
    return () => observer.disconnect();
  }, [ref]);
  return width;
}
