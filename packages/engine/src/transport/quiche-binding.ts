// Loads the native QUIC library. It comes as a binary for each platform and not for all of them, so it
// is loaded when a transport starts, where its absence can be explained.

import type { Quiche } from '@matrixai/quic/native/quiche.js';
import { PatinaError } from '../base/errors.ts';

/** Loads the library; rejects with PATINA_CONFIG_INVALID where it has no binary. */
export async function loadQuiche(): Promise<Quiche> {
  try {
    const binding = await import('@matrixai/quic/native/quiche.js');
    return binding.default;
  } catch (error) {
    const platform = `${process.platform}-${process.arch}`;
    throw new PatinaError('PATINA_CONFIG_INVALID', `there is no QUIC library for ${platform}`, {
      cause: error,
      hint: 'Reinstall the packages on this machine, or run on linux-x64, darwin or win32-x64.',
    });
  }
}
