#!/usr/bin/env node
// The command `patina` on whatever Node.js is at hand. The program itself is TypeScript that runs
// unbuilt, and needs Node.js 24: an older one hands over to the one that `npm install` brings along
// (the package `node`). This file is plain JavaScript, so that an old Node.js can read it.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import module from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const majorMin = 24;
const rootDir = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

if (majorOf(process.versions.node) >= majorMin) runHere();
else runOnOwnNode();

function runHere() {
  // Compiled code is kept between runs: short commands start in half the time. Worker threads look
  // for the place in the environment; without it each carries the compiler of TypeScript, 30 MB.
  const { directory } = module.enableCompileCache();
  if (directory !== undefined) process.env.NODE_COMPILE_CACHE ??= dirname(directory);
  import('../src/cli/main.ts').catch((error) => {
    // Only a package can be missing here: files of Patina itself come with this one.
    const missing = /^Cannot find package '([^']+)'/.exec(error.message);
    if (missing === null) throw error;
    fail(`the package ${missing[1]} is not installed`);
  });
}

function runOnOwnNode() {
  const binary = ownNode();
  if (binary === undefined) {
    fail(`it needs Node.js ${majorMin} or newer, and this is ${process.versions.node}`);
    return;
  }
  const args = [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn(binary, args, { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
    process.on(signal, () => {
      // Ctrl-C on a terminal reaches the child without us.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => fail(`cannot start ${binary}: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** The binary of the package `node`; undefined where it is not installed, or too old itself. */
function ownNode() {
  try {
    const manifestPath = module.createRequire(import.meta.url).resolve('node/package.json');
    const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
    const binary = resolve(dirname(manifestPath), manifest.bin.node);
    return majorOf(manifest.version) >= majorMin && existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

function majorOf(version) {
  return Number(version.split('.')[0]);
}

function fail(reason) {
  process.stderr.write(`error: patina cannot start: ${reason}\n`);
  process.stderr.write(`hint: run \`npm install\` in ${rootDir}\n`);
  process.exitCode = 1;
}
