// The page Data: it follows what other nodes write, and its staged edits are saved as one transaction that
// overwrites nothing that the reader has not seen.

import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { type ConsoleWindow, lacking } from './support/browser.ts';
import { useConsole } from './support/console-tests.ts';

describe.skipIf(lacking !== undefined)('the rows of a table', () => {
  const tests = useConsole();

  async function openTable(): Promise<ConsoleWindow> {
    const window = await tests.open('/data?table=services');
    await gridOf(window.page).getByText('service-1', { exact: true }).waitFor();
    return window;
  }

  function rowsAt(number: number, sql: string): Promise<unknown[][]> {
    return tests.cluster.node(number).api.query(sql);
  }

  it('follow what another node writes, and go on doing so', async () => {
    const { page } = await openTable();
    const other = tests.cluster.node(2);
    for (const name of ['from elsewhere', 'and once more']) {
      await other.api.transact([['UPDATE services SET name = ? WHERE id = 2', [name]]]);
      await gridOf(page).getByText(name).waitFor();
    }
    await other.api.transact([['DELETE FROM services WHERE id = 3', []]]);
    await expect.poll(() => gridOf(page).getByText('service-3', { exact: true }).count()).toBe(0);
    await page.getByLabel('Follow changes').uncheck();
    await other.api.transact([['UPDATE services SET name = ? WHERE id = 2', ['service-2']]]);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await gridOf(page).getByText('service-2', { exact: true }).waitFor();
  });

  it('are edited by keyboard, reviewed as SQL, and saved as one transaction that all nodes get', async () => {
    const window = await openTable();
    const { page } = window;
    await startEditing(page);
    await editCell(page, 'service-5', "it's edited");
    await cell(page, 'service-6').click();
    await page.keyboard.press('Delete');
    await page.getByRole('button', { name: 'Add a row' }).click();
    const newRow = page.getByRole('dialog', { name: 'New row of services' });
    await newRow.getByRole('textbox', { name: 'Value of id' }).fill('not a number');
    await newRow.getByText('This is no number').waitFor();
    await window.expectAccessible();
    expect(await newRow.getByRole('button', { name: 'Stage the row' }).isDisabled()).toBe(true);
    await newRow.getByRole('textbox', { name: 'Value of id' }).fill('900');
    await newRow.getByLabel('Kind of name').selectOption('Text');
    await newRow.getByRole('textbox', { name: 'Value of name' }).fill('added');
    await newRow.getByRole('button', { name: 'Stage the row' }).click();
    await page.getByText('3 changes staged').waitFor();
    // What is staged outlives a look at another page.
    await page.getByRole('link', { name: 'Nodes' }).click();
    await page.getByRole('heading', { level: 1, name: 'Nodes' }).waitFor();
    await page.goBack();
    await page.getByText('3 changes staged').waitFor();
    expect(await rowsAt(1, 'SELECT count(*) FROM services WHERE id = 900')).toEqual([[0]]);
    await page.getByRole('button', { name: 'Review and save' }).click();
    const review = page.getByRole('dialog');
    const listed = await review
      .getByRole('list', { name: 'Staged changes' })
      .getByRole('listitem')
      .allTextContents();
    expect(listed.map((text) => /DELETE|UPDATE|INSERT/.exec(text)?.[0])).toEqual([
      'DELETE',
      'UPDATE',
      'INSERT',
    ]);
    expect(listed[1]).toContain(
      `UPDATE "services" SET "name" = 'it''s edited' WHERE "id" = 5 AND "name" IS 'service-5'`,
    );
    await window.expectAccessible();
    await review.getByRole('button', { name: 'Save 3 changes' }).click();
    await review.getByText(/Seen by 3\/3 nodes, /).waitFor();
    await window.expectAccessible();
    await review.getByRole('button', { name: 'Close' }).last().click();
    for (const number of [1, 2, 3]) {
      const sql = 'SELECT id, name FROM services WHERE id IN (5, 6, 900) ORDER BY id';
      expect(await rowsAt(number, sql)).toEqual([
        [5, "it's edited"],
        [900, 'added'],
      ]);
    }
    await page.getByText('0 changes staged').waitFor();
    window.expectQuiet();
  });

  it('are not overwritten where somebody has changed them meanwhile, unless the reader says so', async () => {
    const { page } = await openTable();
    await startEditing(page);
    await editCell(page, 'service-10', 'mine');
    await editCell(page, 'service-11', 'mine too');
    await tests.cluster
      .node(2)
      .api.transact([['UPDATE services SET name = ? WHERE id = 10', ['theirs']]]);
    await gridOf(page).getByText('theirs').waitFor();
    await page.getByRole('button', { name: 'Review and save' }).click();
    const review = page.getByRole('dialog');
    await review.getByText('name was service-10, is theirs').waitFor();
    expect(await review.getByRole('button', { name: 'Save 2 changes' }).isDisabled()).toBe(true);
    await review.getByRole('button', { name: 'Keep mine' }).click();
    // Another change comes after the look, and is found by the transaction itself.
    await tests.cluster
      .node(1)
      .api.transact([['UPDATE services SET name = ? WHERE id = 11', ['theirs too']]]);
    await review.getByRole('button', { name: 'Save 2 changes' }).click();
    await review.getByText('name was service-11, is theirs too').waitFor();
    const sql = 'SELECT name FROM services WHERE id IN (10, 11) ORDER BY id';
    expect(await rowsAt(1, sql)).toEqual([['theirs'], ['theirs too']]);
    const second = review.getByRole('listitem').filter({ hasText: 'theirs too' });
    await second.getByRole('button', { name: 'Undo' }).click();
    await review.getByRole('button', { name: 'Save 1 change' }).click();
    await review.getByText(/Seen by 3\/3 nodes, /).waitFor();
    expect(await rowsAt(3, sql)).toEqual([['mine'], ['theirs too']]);
  });

  it('keep what is staged where the node refuses it', async () => {
    const { page } = await openTable();
    await startEditing(page);
    await page.getByRole('button', { name: 'Add a row' }).click();
    const newRow = page.getByRole('dialog', { name: 'New row of services' });
    await newRow.getByRole('textbox', { name: 'Value of id' }).fill('1');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Review and save' }).click();
    const review = page.getByRole('dialog');
    await review.getByRole('button', { name: 'Save 1 change' }).click();
    await review.getByRole('alert').getByText('UNIQUE constraint failed').waitFor();
    await review.getByRole('button', { name: 'Go on editing' }).click();
    await page.getByText('1 change staged').waitFor();
    await page.getByRole('button', { name: 'Review and save' }).click();
    await review.getByRole('button', { name: 'Discard all' }).click();
    await page.getByText('0 changes staged').waitFor();
  });

  it('warn before the tab goes away with something staged', async () => {
    const { page } = await openTable();
    await startEditing(page);
    await editCell(page, 'service-12', 'unsaved');
    const asked: string[] = [];
    page.on('dialog', (dialog) => {
      asked.push(dialog.type());
      void dialog.accept();
    });
    await page.reload();
    expect(asked).toEqual(['beforeunload']);
    await gridOf(page).getByText('service-12', { exact: true }).waitFor();
  });
});

function gridOf(page: Page): Locator {
  return page.getByRole('grid', { name: 'Rows of services' });
}

function cell(page: Page, text: string): Locator {
  return gridOf(page).getByRole('gridcell', { name: text, exact: true });
}

async function startEditing(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByText('Edit mode.').waitFor();
}

/** Edits the cell with this text, by keyboard once it is chosen. */
async function editCell(page: Page, text: string, value: string): Promise<void> {
  await cell(page, text).click();
  await page.keyboard.press('Enter');
  const field = page.getByRole('textbox', { name: 'Value of name' });
  await field.waitFor();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText(value);
  await page.keyboard.press('Control+Enter');
  await field.waitFor({ state: 'detached' });
  await gridOf(page).getByText(value).waitFor();
}
