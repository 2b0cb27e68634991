import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

/** Serves the API's page at `/docs` and its OpenAPI document at `/docs-json`. */
export function serveApiDocs(app: INestApplication, title: string, description: string): void {
  const about = new DocumentBuilder().setTitle(title).setDescription(description).setVersion('1').build();
  const document = () => withoutStrays(SwaggerModule.createDocument(app, about));
  SwaggerModule.setup('docs', app, document, { customSiteTitle: title });
}

/** What the handlers of events take gets into the document as well, though no request or answer holds it. */
function withoutStrays(document: OpenAPIObject): OpenAPIObject {
  const { schemas = {}, ...components } = document.components ?? {};
  const text = JSON.stringify(document);
  const used = Object.entries(schemas).filter(([name]) => text.includes(`"#/components/schemas/${name}"`));
  return { ...document, components: { ...components, schemas: Object.fromEntries(used) } };
}
