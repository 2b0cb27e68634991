import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsInstance, ValidateNested } from 'class-validator';

type ClassOf<T> = () => new () => T;

/** A field that holds one object of a class. `ValidateNested` alone would let it be missing, or be a list. */
export function IsOne<T>(classOf: ClassOf<T>): PropertyDecorator {
  return (target, field) => {
    Type(classOf)(target, field);
    ValidateNested()(target, field);
    IsInstance(classOf(), { message: ({ property }) => `${property} must be one object` })(target, field);
  };
}

/** A field that holds a list of objects of a class. `ValidateNested` alone would let it be missing, or hold lists. */
export function IsListOf<T>(classOf: ClassOf<T>, size: { min: number; max: number }): PropertyDecorator {
  return (target, field) => {
    Type(classOf)(target, field);
    ValidateNested()(target, field);
    IsInstance(classOf(), { each: true, message: ({ property }) => `each of ${property} must be an object` })(
      target,
      field,
    );
    ArrayMaxSize(size.max)(target, field);
    ArrayMinSize(size.min)(target, field);
    IsArray()(target, field);
  };
}
