// A process that runs seeds, one after the other, as it is told by its parent.

import { Simulation, type SimulationOptions } from './simulation.ts';

/** One seed to be run; sent to the process. */
export type SeedJob = Pick<SimulationOptions, 'seed' | 'nodes' | 'faultMs' | 'isCalm'>;

process.on('message', (job: SeedJob) => {
  void new Simulation(job).run().then(
    (result) => process.send?.(result),
    (error: unknown) => {
      process.stderr.write(`seed ${job.seed}: ${error instanceof Error ? error.stack : error}\n`);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
