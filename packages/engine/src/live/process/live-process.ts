// The program of the live process.

import { createLiveEngine } from '../engine/engine.ts';
import { runLiveProcess } from './live-main.ts';

runLiveProcess(createLiveEngine);
