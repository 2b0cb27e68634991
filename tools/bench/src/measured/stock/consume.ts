import { Controller, Inject, ValidationPipe } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { IsEmail, IsInt, IsString, Matches, MaxLength, Min } from 'class-validator';
import { Handled } from '../handled.js';
import { AllowAll, PassThrough } from '../nest.js';
import type { SaleFields } from '../payload.js';
import { type Outcome, readTask, type Task } from '../task.js';
import { createStock } from './service.js';

const { topic } = readTask();

class CheckedSale implements SaleFields {
  @IsString() account!: string;
  @IsInt() @Min(0) sequence!: number;
  @IsEmail() customerEmail!: string;
  @Matches(/^[a-z0-9-]+$/) sku!: string;
  @IsInt() @Min(1) quantity!: number;
  @IsString() @MaxLength(256) note!: string;
}

@Controller()
class NoteSale {
  constructor(@Inject(Handled) private readonly handled: Handled) {}

  @EventPattern(topic)
  handle(@Payload() sale: object): Promise<void> {
    return this.handled.handle(sale as SaleFields);
  }
}

@Controller()
class NoteCheckedSale {
  constructor(@Inject(Handled) private readonly handled: Handled) {}

  @EventPattern<Record<string, CheckedSale>>(topic)
  handle(@Payload() sale: CheckedSale): Promise<void> {
    return this.handled.handle(sale);
  }
}

export async function measure(task: Task): Promise<Outcome> {
  const handled = new Handled(task);
  const full = task.options['validated'] === true;
  const partitions = Number(task.options['partitionsConsumedConcurrently'] ?? 1);
  const app = await createStock(
    task,
    [full ? NoteCheckedSale : NoteSale],
    [{ provide: Handled, useValue: handled }],
    partitions > 1 ? { run: { partitionsConsumedConcurrently: partitions } } : {},
  );
  if (full) {
    app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true }));
    app.useGlobalGuards(new AllowAll());
    app.useGlobalInterceptors(new PassThrough());
  }
  await app.listen();
  return handled.outcome();
}
