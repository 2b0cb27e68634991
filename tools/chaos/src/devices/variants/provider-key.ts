import { randomUUID } from 'node:crypto';
import { partOf, type TakeOut } from './variant.js';

/** What it has that is replaced, and what that is made of. */
type Provider = new (config: unknown) => { post(key: string, charge: object, signal?: AbortSignal): Promise<unknown> };

/** Each attempt at a charge has a key of its own. */
export const takeOutProviderKey: TakeOut = async () => {
  const { PaymentProvider } = await partOf<{ PaymentProvider: Provider }>('billing', 'charges/payment-provider.js');
  const { Config } = await partOf<{ Config: new () => object }>('billing', 'config.js');
  class ForgetfulProvider extends PaymentProvider {
    override post(_key: string, charge: object, signal?: AbortSignal): Promise<unknown> {
      return super.post(randomUUID(), charge, signal);
    }
  }
  return {
    override: (builder) =>
      builder
        .overrideProvider(PaymentProvider)
        .useFactory({ inject: [Config], factory: (config: object) => new ForgetfulProvider(config) }),
  };
};
