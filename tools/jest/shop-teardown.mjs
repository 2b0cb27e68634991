export default async function teardown() {
  await globalThis.__FIELDGUIDE_SHOP__?.stop();
}
