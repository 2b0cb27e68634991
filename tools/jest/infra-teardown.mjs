export default async function teardown() {
  await globalThis.__FIELDGUIDE_BROKER_CONTROL__?.close();
  await globalThis.__FIELDGUIDE_INFRA__?.release();
}
