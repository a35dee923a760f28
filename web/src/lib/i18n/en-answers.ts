// English texts: how answers are drawn, read aloud, dictated to and printed.
export const answers = {
  'answer.code': 'Code',
  'answer.codeIn': 'Code, {language}',
  'answer.copyCode': 'Copy code',
  'answer.wrapLines': 'Wrap long lines'
} as const;
