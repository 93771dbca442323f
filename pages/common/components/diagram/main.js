// Mounts the diagram.

export default function ({ data, parentElement, setStateValue }) {
  const diagram = (parentElement.diagram ??= new Diagram(parentElement));
  diagram.receive(unpack(data), setStateValue);
  return () => {
    if (parentElement.isConnected) return; // only new data
    diagram.destroy();
    delete parentElement.diagram;
  };
}
