/** The environment is not what the service needs: names every wrong variable at once, and never a value. */
export class ConfigError extends Error {
  readonly code = 'CONFIG';
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly { readonly variable: string; readonly problem: string }[]) {
    const lines = problems.map(({ variable, problem }) => `  ${variable} ${problem}`);
    super(['The environment is not right:', ...lines, 'The file .env.example shows each variable.'].join('\n'));
  }
}
