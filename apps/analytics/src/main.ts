import { KafkaTransport } from '@fieldguide/kafka';
import { serveApiDocs, ServiceLogger, startOrExit } from '@fieldguide/service-kit';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { Config } from './config.js';

await startOrExit(AppModule, Config, async (config) => {
  const app = await NestFactory.create(AppModule, { logger: new ServiceLogger(config), abortOnError: false });
  serveApiDocs(app, 'Analytics', 'Daily sales, from the first order on.');
  app.connectMicroservice({ strategy: app.get(KafkaTransport) }, { inheritAppConfig: true });
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  await app.startAllMicroservices();
  await app.listen(config.port, config.host);
  return app;
});
