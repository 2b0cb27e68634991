import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

/** Serves the API's page at `/docs` and its OpenAPI document at `/docs-json`. */
export function serveApiDocs(app: INestApplication, title: string, description: string): void {
  const about = new DocumentBuilder().setTitle(title).setDescription(description).setVersion('1').build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, about), { customSiteTitle: title });
}
