// The scalar the reference operations are generic over: Float, or Double to tell rounding from error.

import Foundation

protocol Real: BinaryFloatingPoint & Sendable {
  func exponential() -> Self
  func logarithm() -> Self
  func sine() -> Self
  func cosine() -> Self
  func raised(to exponent: Self) -> Self
}

extension Double: Real {
  func exponential() -> Double { exp(self) }
  func logarithm() -> Double { log(self) }
  func sine() -> Double { sin(self) }
  func cosine() -> Double { cos(self) }
  func raised(to exponent: Double) -> Double { pow(self, exponent) }
}

extension Float: Real {
  func exponential() -> Float { exp(self) }
  func logarithm() -> Float { log(self) }
  func sine() -> Float { sin(self) }
  func cosine() -> Float { cos(self) }
  func raised(to exponent: Float) -> Float { pow(self, exponent) }
}
