import { Controller, type Type } from '@nestjs/common';
import { type ClientKafka, EventPattern, MessagePattern, Payload } from '@nestjs/microservices';

interface Request {
  data?: string;
  replyTo?: string;
  consumerGroup?: string;
}

/** As the article prints it, with its two forms of a reply topic. */
export function answeringByHand(topic: string, kafka: ClientKafka): Type {
  @Controller()
  class Answering {
    @EventPattern(topic)
    processRequest(@Payload() { replyTo = '', consumerGroup }: Request): void {
      const to = consumerGroup ? `${consumerGroup}-${replyTo}` : replyTo;
      kafka.emit(to, { data: 'response' });
    }
  }
  return Answering;
}

/** As NestJS has it. */
export function answering(topic: string): Type {
  @Controller()
  class Answering {
    @MessagePattern(topic)
    handle(@Payload() { data }: { data?: string }): object {
      return { data: 'response', to: data };
    }
  }
  return Answering;
}
