// The data of tables beyond what SQL tells: which write each cell is from.

import { cellsInputSchema } from '../insights/data-shapes.ts';
import { questions } from '../insights/questions.ts';
import { procedure, router } from '../procedures.ts';
import { nodeInputSchema } from './node-input.ts';

export const dataRouter = router({
  /** The last writer of each cell of some rows. */
  cells: procedure
    .input(nodeInputSchema.extend(cellsInputSchema.shape))
    .output(questions.cells.output)
    .query(({ ctx, input: { node, ...asked }, signal }) =>
      ctx.service.insights.ask(node, questions.cells, asked, { signal }),
    ),
});
