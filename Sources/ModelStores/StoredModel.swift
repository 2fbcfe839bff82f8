// One model that lies on this machine, as `gar models` lists it.

import Checkpoints
import Engine

/// A model in the folder of some program that keeps models.
public struct StoredModel: Sendable, Equatable {
  /// The program whose folder it is.
  public enum Store: String, CaseIterable, Sendable {
    case huggingFace = "Hugging Face"
    case llamaCpp = "llama.cpp"
    case ollama = "Ollama"
    case lmStudio = "LM Studio"
  }

  public var store: Store
  /// What `--model` takes: `org/name`, `llama3.2:1b`, a file's name.
  public var name: String
  /// The directory or GGUF file.
  public var path: String
  /// Bytes of the weights; all parts of a split file counted.
  public var byteCount: Int
  /// The type that most weights are in, such as `Q4_K`; `nil` where no file can be read.
  public var elementType: String?
  /// The architecture as its files name it, such as `llama`.
  public var family: String?
  /// Why it will not load; `nil` where it will.
  public var problem: String?

  /// Reads the heads of the model's files, and no more of the weights than loading it reads.
  init(_ place: ModelPlace) {
    let head = ModelHead(path: place.path)
    store = place.store
    name = place.name
    path = place.path
    byteCount = head.byteCount
    elementType = head.elementType
    family = head.family
    do {
      _ = try Model.load(place.path)
    } catch {
      problem = "\(error)"
    }
  }
}

/// A name and where it leads.
struct ModelPlace: Equatable {
  var store: StoredModel.Store
  var name: String
  var path: String
}
