import { stripTypeScriptTypes } from 'node:module';
import { Script } from 'node:vm';
import { bracketFault } from './brackets.ts';
import type { CodeBlock } from './code-blocks.ts';
import type { FaultCode } from './faults.ts';
import { parsed } from './json.ts';
import type { AnswerView } from './view.ts';

const blocksMax = 8;
const codeCharsMax = 20_000;
/** Authors leave things out where a reader needs them least; such a block is no program, and was not meant as one. */
const elided = /\.\.\.\s*(?:$|[\n)}\]*/]|-->)|…|<[a-z_ -]+ here>|^\s*(?:[+-] |@@|>>> |\$ |> )/im;
/** Elements of JSX: neither parser reads them. */
const jsx = /(?:return|[=(,>?:&])\s*<[A-Za-z>]/;

/** Code that does not parse, in the first blocks. Nothing is ever run. */
export function checkCode({ blocks }: AnswerView): FaultCode | undefined {
  return blocks.slice(0, blocksMax).some(isBroken) ? 'code-syntax' : undefined;
}

function isBroken({ language, code, closed }: CodeBlock): boolean {
  if (!closed || code.trim() === '' || code.length > codeCharsMax || elided.test(code)) return false;
  switch (language) {
    case 'json':
      return !code.includes('//') && !isJsonOrLines(code);
    case 'js':
    case 'javascript':
    case 'mjs':
      return !jsx.test(code) && !parsesAsScript(code) && !parsesAsTypeScript(code);
    case 'ts':
    case 'typescript':
      return !jsx.test(code) && !parsesAsTypeScript(code);
    case 'python':
    case 'py':
    case 'python3':
      return bracketFault(code, language) !== undefined || lacksIndent(code);
    default:
      return bracketFault(code, language) !== undefined;
  }
}

function isJsonOrLines(code: string): boolean {
  if (parsed(code) !== undefined) return true;
  return code.split('\n').every((line) => line.trim() === '' || parsed(line) !== undefined);
}

/** Compiled within a function, so that `await` and `return` of a snippet stand where they may. */
function parsesAsScript(code: string): boolean {
  try {
    new Script(`(async () => {\n${code}\n})`);
    return true;
  } catch (error) {
    // What is too deep for the parser says nothing about the code.
    return !(error instanceof SyntaxError);
  }
}

/** The parser of TypeScript also reads modules. What it merely cannot erase (enums) is no fault of the code. */
function parsesAsTypeScript(code: string): boolean {
  try {
    stripTypeScriptTypes(code);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_TYPESCRIPT_SYNTAX');
  }
}

const opensBlock =
  /^(\s*)(?:def|class|if|elif|else|for|while|try|except|finally|with|async def|async for|async with)\b.*:\s*(?:#.*)?$/;

/** A Python block whose first line stands no deeper than its head. Only looked at where brackets are closed. */
function lacksIndent(code: string): boolean {
  if (code.includes('"""') || code.includes("'''") || /\\\s*$/m.test(code)) return false;
  const lines = code.split('\n').filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
  return lines.some((line, i) => {
    const head = opensBlock.exec(line);
    const next = lines[i + 1];
    if (head === null || next === undefined || next.includes('\t') || line.includes('\t')) return false;
    return (
      next.length - next.trimStart().length <= head[1]!.length && bracketFault(line, 'python') === undefined
    );
  });
}
