import { FakeShop } from './fake-shop.js';

// Run by killed-supervisor.spec.ts as a process of its own, to be killed.
const { supervisor } = await FakeShop.open({
  lease: { adopt: (pid) => console.log(`adopt ${pid}`), disown: (pid) => console.log(`disown ${pid}`) },
});
for (const replica of ['bank', 'billing-1', 'billing-2'])
  await supervisor.start(replica).then(({ url }) => console.log(`ready ${url}`));
