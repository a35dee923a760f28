// The answerer that quotes passages when no language model is configured.
const BUILT_IN = 'extractive';

export function isBuiltIn(model: string): boolean {
  return model === BUILT_IN;
}
