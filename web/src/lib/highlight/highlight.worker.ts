// Highlights code beside the page: a grammar that takes long on a hostile text is ended with its worker.
import { highlightWith } from './grammars';
import type { Request, Response } from './highlighter';

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage: (message: Response) => void;
};

scope.onmessage = ({ data: { id, grammar, text } }) => {
  let tokens = null;
  try {
    tokens = highlightWith(grammar, text);
  } catch (thrown) {
    // The code stays readable without colours; its text is not logged.
    console.warn('code was not highlighted', grammar, thrown instanceof Error ? thrown.name : '');
  }
  scope.postMessage({ id, tokens });
};

scope.postMessage({ id: 0, tokens: null });
