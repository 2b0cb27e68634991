export default async function teardown() {
  await globalThis.__FIELDGUIDE_INFRA__?.release();
}
