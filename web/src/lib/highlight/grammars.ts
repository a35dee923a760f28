// The grammars, in the worker only: no page loads them.
import dart from 'highlight.js/lib/languages/dart';
import dockerfile from 'highlight.js/lib/languages/dockerfile';
import elixir from 'highlight.js/lib/languages/elixir';
import haskell from 'highlight.js/lib/languages/haskell';
import http from 'highlight.js/lib/languages/http';
import latex from 'highlight.js/lib/languages/latex';
import nginx from 'highlight.js/lib/languages/nginx';
import powershell from 'highlight.js/lib/languages/powershell';
import protobuf from 'highlight.js/lib/languages/protobuf';
import scala from 'highlight.js/lib/languages/scala';
import { common, createLowlight } from 'lowlight';
import { flatten, type Token } from './tokens';

const lowlight = createLowlight({
  ...common,
  dart,
  dockerfile,
  elixir,
  haskell,
  http,
  latex,
  nginx,
  powershell,
  protobuf,
  scala
});

/** A text in the colours of a grammar. Throws if the grammar is unknown. */
export function highlightWith(grammar: string, text: string): Token[] {
  return flatten(lowlight.highlight(grammar, text));
}
